// Every GraphQL operation of the page. The panel at its end shows them as they stand here.

export const START = `query Start {
  program {
    name
    description
    leaderboards { key name every }
  }
  members(first: 40) {
    edges {
      node {
        externalId
        displayName
        badges(first: 2) {
          edges {
            node { level earnedAt badge { key name levels { number key } } }
          }
        }
      }
    }
  }
}`;

export const BOARD = `subscription Board($key: String!, $member: String) {
  leaderboardUpdated(key: $key, first: 10, around: $member) {
    period { endsAt participantCount }
    entries {
      rank
      score
      member { externalId displayName }
    }
    around {
      rank
      member { externalId }
    }
  }
}`;

export const MEMBER = `subscription Member($id: String!) {
  memberUpdated(externalId: $id) {
    member {
      displayName
      points { name balance }
      progress {
        kind
        key
        name
        current
        target
        completedAt
        endsAt
        milestones { key target isReached }
        criteria { name current target }
      }
      badges(first: 12) {
        totalCount
        edges {
          node {
            id
            level
            earnedAt
            badge { name levels { number key } }
          }
        }
      }
    }
  }
}`;

export const FEED = `subscription Feed {
  feedUpdated {
    notices {
      kind
      at
      level
      member { externalId displayName }
      badge { key name levels { number key } }
    }
  }
}`;
