"""Which documents this server runs; without this module a manifest would mean nothing."""

from pathlib import Path

from gql.manifests import ManifestRefused, TrustedDocument, documents_in
from gql.persisted import Documents, PersistedDocuments
from gql.schema import schema
from gql.trusted import TrustedDocuments
from server.settings import PREFIX, Settings
from server.unusable import Unusable


def documents_of(settings: Settings) -> Documents:
    """Those of the manifest, if there is one; otherwise those that clients send with their hash.

    Raises `Unusable`, with all that is wrong with the manifest.
    """
    path = settings.trusted_documents
    if path is None:
        return PersistedDocuments(schema, bytes_max=settings.persisted_documents_bytes_max)
    try:
        return TrustedDocuments(trusted_in(path))
    except ManifestRefused as error:
        faults = "\n".join(f"- {fault}" for fault in error.faults)
        raise Unusable(
            f"{PREFIX}TRUSTED_DOCUMENTS: the documents of {path} cannot all be run.\n{faults}\n"
            f"Mend them where they are written, generate the manifest anew, and look at it with "
            f"`gamification documents check {path}`."
        ) from None


def trusted_in(path: Path) -> tuple[TrustedDocument, ...]:
    """The documents of a manifest. Raises `ManifestRefused`, and `Unusable` if there is none."""
    try:
        manifest = path.read_bytes()
    except OSError as error:
        raise Unusable(f"The manifest {path} cannot be read: {error.strerror}.") from None
    return documents_in(manifest, schema)
