"""A secret handed from one process to another through a table that others may read, and may keep for ever.

The process that needs the secret asks with its half of a key exchange (X25519, RFC 7748) and forgets the other half
when it ends; the one that has it answers with its own half and the secret, encrypted and authenticated
(ChaCha20-Poly1305, RFC 8439) under a key derived from what only the two know (HKDF, RFC 5869). The server's signing
secret goes into that key as well, so nobody who can merely write the table can ask or answer.
"""

from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_HALF_BYTES = 32
# Each key encrypts one text only, so there is nothing that the nonce must tell apart.
_NONCE = bytes(12)


class CannotUnseal(Exception):
    """The answer is not one to this question: altered, of another question, or under another signing secret."""


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks: `public` goes into the table, `private` stays in the process. `subject` is what the secret is of."""

    subject: str
    private: X25519PrivateKey
    public: bytes

    @classmethod
    def about(cls, subject: str) -> "Question":
        private = X25519PrivateKey.generate()
        return cls(subject, private, private.public_key().public_bytes_raw())

    def unseal(self, answer: bytes, signing_secret: bytes) -> str:
        """Return the secret of an answer to this question.

        Raises:
            CannotUnseal: it is not one.
        """
        half, sealed = answer[:_HALF_BYTES], answer[_HALF_BYTES:]
        cipher = _cipher(self.private, half, (self.public, half), self.subject, signing_secret)
        try:
            return cipher.decrypt(_NONCE, sealed, None).decode()
        except InvalidTag:
            raise CannotUnseal from None


def seal(secret: str, subject: str, question: bytes, signing_secret: bytes) -> bytes:
    """Return the answer that only who asked the question can read.

    Raises:
        CannotUnseal: the question is none.
    """
    mine = Question.about(subject)
    cipher = _cipher(mine.private, question, (question, mine.public), subject, signing_secret)
    return mine.public + cipher.encrypt(_NONCE, secret.encode(), None)


def _cipher(
    private: X25519PrivateKey, other_half: bytes, halves: tuple[bytes, bytes], subject: str, signing_secret: bytes
) -> ChaCha20Poly1305:
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(other_half))
    # The wrong length, or a half that makes the outcome known to everybody.
    except ValueError:
        raise CannotUnseal from None
    said = b"\x00".join((b"pictograph connector key", subject.encode(), *halves))
    return ChaCha20Poly1305(HKDF(SHA256(), 32, salt=signing_secret, info=said).derive(shared))
