package vault

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// maxEntryName keeps names, with the part's suffix, within 513 characters on Windows
// (CRED_MAX_USERNAME_LENGTH) and leaves most of a command line of 4,096 to the value on macOS.
const maxEntryName = 200

// headEntry is the name in the store for a vault's name. It must give the same answer for good.
//
// Letters, digits and -._@:/ stand for themselves, everything else is escaped: on macOS the
// name becomes part of a line for /usr/bin/security.
func headEntry(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._@:/", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	if b.Len() <= maxEntryName {
		return b.String()
	}
	sum := sha256.Sum256([]byte(name))
	digest := hex.EncodeToString(sum[:])
	return b.String()[:maxEntryName-1-len(digest)] + "+" + digest
}

// partEntry is the name in the store for a part. No head's name has a "#" in it.
func partEntry(name string, slot, part int) string {
	return fmt.Sprintf("%s#%d.%d", headEntry(name), slot, part)
}
