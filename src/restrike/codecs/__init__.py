"""Values and the bytes they are kept as: encoding, decoding, content digests and the first difference of two values.

Part of the engine: standard library only at import, Python 3.10 and later; numpy, pandas, pyarrow, polars and
scikit-learn are loaded when a value or an annotation asks for them.
"""

from restrike.codecs.compare.difference import Difference
from restrike.codecs.content.walk import content_digest
from restrike.codecs.datasets import read_data
from restrike.codecs.decoding import decode
from restrike.codecs.differences import differences
from restrike.codecs.encoding import Encoded, encode
from restrike.codecs.errors import CannotConvert, CannotLoad, CannotRead, CannotStore, NoContentDigest

__all__ = [
    "CannotConvert",
    "CannotLoad",
    "CannotRead",
    "CannotStore",
    "Difference",
    "Encoded",
    "NoContentDigest",
    "content_digest",
    "decode",
    "differences",
    "encode",
    "read_data",
]
