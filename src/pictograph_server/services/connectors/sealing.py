"""A secret handed from one process to another through a table that others may read, and may keep for ever.

The process that needs the secret asks with its half of a Diffie-Hellman exchange (RFC 3526, group 14) and forgets the
other half when it ends; the one that has it answers with its own half and the secret, encrypted and authenticated
under what only the two know. The server's signing secret goes into that key as well, so nobody who can merely write
the table can ask or answer.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

# RFC 3526 §3: 2^2048 - 2^1984 - 1 + 2^64 * ([2^1918 pi] + 124476), generator 2.
PRIME = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B"
    "302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE6"
    "49286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D"
    "670C354E4ABC9804F1746C08CA18217C32905E462E36CE3BE39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718"
    "3995497CEA956AE515D2261898FA051015728E5A8AACAA68FFFFFFFFFFFFFFFF",
    16,
)
_GENERATOR = 2
_NUMBER_BYTES = 256
_EXPONENT_BITS = 384
_TAG_BYTES = 32


class CannotUnseal(Exception):
    """The answer is not one to this question: altered, of another question, or under another signing secret."""


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks: `public` goes into the table, `private` stays in the process. `subject` is what the secret is of."""

    subject: str
    private: int
    public: bytes

    @classmethod
    def about(cls, subject: str) -> "Question":
        private = secrets.randbits(_EXPONENT_BITS) | 1
        return cls(subject, private, _to_bytes(pow(_GENERATOR, private, PRIME)))

    def unseal(self, answer: bytes, signing_secret: bytes) -> str:
        """Return the secret of an answer to this question.

        Raises:
            CannotUnseal: it is not one.
        """
        public, tag, sealed = answer[:_NUMBER_BYTES], answer[_NUMBER_BYTES:][:_TAG_BYTES], answer[_NUMBER_BYTES:]
        sealed = sealed[_TAG_BYTES:]
        key = _key(self.subject, self.public, public, _shared(public, self.private), signing_secret)
        if not hmac.compare_digest(tag, _tag(key, sealed)):
            raise CannotUnseal
        return _combined(key, sealed).decode()


def seal(secret: str, subject: str, question: bytes, signing_secret: bytes) -> bytes:
    """Return the answer that only who asked the question can read.

    Raises:
        CannotUnseal: the question is none.
    """
    mine = Question.about(subject)
    key = _key(subject, question, mine.public, _shared(question, mine.private), signing_secret)
    sealed = _combined(key, secret.encode())
    return mine.public + _tag(key, sealed) + sealed


def _shared(public: bytes, private: int) -> int:
    number = int.from_bytes(public, "big")
    # 0, 1 and -1 would make the outcome known to everybody.
    if len(public) != _NUMBER_BYTES or not 1 < number < PRIME - 1:
        raise CannotUnseal
    return pow(number, private, PRIME)


def _key(subject: str, question: bytes, answer: bytes, shared: int, signing_secret: bytes) -> bytes:
    said = b"\x00".join((b"pictograph connector key", subject.encode(), question, answer, _to_bytes(shared)))
    return hmac.digest(signing_secret, said, hashlib.sha256)


def _combined(key: bytes, text: bytes) -> bytes:
    """Encrypt or decrypt: each key is used for one text only, so a stream that depends on nothing else is enough."""
    stream = hashlib.shake_256(b"stream\x00" + key).digest(len(text))
    return bytes(one ^ other for one, other in zip(text, stream, strict=True))


def _tag(key: bytes, sealed: bytes) -> bytes:
    return hmac.digest(key, b"tag\x00" + sealed, hashlib.sha256)


def _to_bytes(number: int) -> bytes:
    return number.to_bytes(_NUMBER_BYTES, "big")
