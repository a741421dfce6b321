"""Why a number is what it is, in words: badges, activities and balances."""
