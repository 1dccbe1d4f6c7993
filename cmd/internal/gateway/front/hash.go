package front

import (
	"crypto/sha256"
	"encoding/binary"
)

// hash is the hash of a write for its Idempotency-Key. Each part goes in with its length, so
// that no two different writes have the same input.
func hash(method, path, ifMatch string, body []byte) [32]byte {
	h := sha256.New()
	for _, part := range [][]byte{[]byte(method), []byte(path), []byte(ifMatch), body} {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		h.Write(part)
	}
	return [32]byte(h.Sum(nil))
}
