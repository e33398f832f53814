"""What has to hold of every input: it is read, or an error that is ours says why not."""

from tests.fuzz.properties import files, journals, live, messages, options, rpc, watched
from tests.fuzz.properties.property import Property

PROPERTIES: dict[str, Property] = {
    **messages.PROPERTIES,
    **watched.PROPERTIES,
    **rpc.PROPERTIES,
    **live.PROPERTIES,
    **files.PROPERTIES,
    **journals.PROPERTIES,
    **options.PROPERTIES,
}
"""By the name of their folder in tests/fuzz/corpus."""
