package store

import (
	"crypto/rand"
	"encoding/base32"
	"strings"
)

// newID makes the id for others to see: a letter for the kind of thing, and 100 random bits.
func newID(kind string) string {
	b := make([]byte, 13)
	rand.Read(b)
	return kind + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))[:20]
}
