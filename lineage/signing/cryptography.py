"""The parts of the package `cryptography` that we use. It is an extra, so this one import works or fails."""

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key, load_pem_public_key

__all__ = [
    "Encoding",
    "InvalidSignature",
    "PublicFormat",
    "UnsupportedAlgorithm",
    "ec",
    "hashes",
    "load_der_public_key",
    "load_pem_public_key",
    "padding",
    "rsa",
]
