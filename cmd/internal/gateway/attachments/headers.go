package attachments

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
)

// Digest is the SHA-256 of a content.
type Digest [sha256.Size]byte

// String is the digest as a member of Content-Digest (RFC 9530, section 2).
func (d Digest) String() string {
	return "sha-256=:" + base64.StdEncoding.EncodeToString(d[:]) + ":"
}

var (
	// ErrBadDigest is for an unreadable Content-Digest.
	ErrBadDigest = errors.New(`the digest has to look like sha-256=:BASE64:`)
	// ErrBadRange is for an unreadable Content-Range.
	ErrBadRange = errors.New(`the range has to look like "bytes 0-99/200", or "bytes */200" to ask how much is there`)
)

// ParseDigest reads the value of Content-Digest or Repr-Digest: a dictionary of structured
// fields (RFC 9651, section 3.2) with byte sequences. Algorithms besides sha-256 are passed
// over, as RFC 9530 wants. nil is for none of sha-256.
//
// Errors: [ErrBadDigest].
func ParseDigest(header string) (*Digest, error) {
	var found *Digest
	for member := range strings.SplitSeq(header, ",") {
		name, value, ok := strings.Cut(strings.Trim(member, " \t"), "=")
		if name == "" && !ok && strings.TrimSpace(header) == "" {
			return nil, nil
		}
		if !ok || len(value) < 2 || value[0] != ':' || value[len(value)-1] != ':' {
			return nil, ErrBadDigest
		}
		if name != "sha-256" {
			continue
		}
		raw, err := base64.StdEncoding.Strict().DecodeString(value[1 : len(value)-1])
		if err != nil || len(raw) != sha256.Size {
			return nil, ErrBadDigest
		}
		d := Digest(raw)
		found = &d // the last one counts in a dictionary
	}
	return found, nil
}

// Range is the place of a part in its file.
type Range struct {
	// Begin is the number of bytes before the part.
	Begin int64
	// Total is the length of the file.
	Total int64
	// Asking is true for a request without a part. The answer to it is an [OffsetError],
	// unless all bytes are there.
	Asking bool
}

// ParseRange reads the value of Content-Range (RFC 9110, section 14.4) of a body with this
// length. "" is the whole file.
//
// Errors: [ErrBadRange]; [ErrLength] if the range has another length than the body.
func ParseRange(header string, length int64) (Range, error) {
	if header == "" {
		return Range{}, nil
	}
	unit, rest, _ := strings.Cut(header, " ")
	span, size, ok := strings.Cut(rest, "/")
	if !strings.EqualFold(unit, "bytes") || !ok {
		return Range{}, ErrBadRange
	}
	total, ok := count(size)
	if !ok || total == 0 {
		return Range{}, ErrBadRange
	}
	if span == "*" {
		if length != 0 {
			return Range{}, ErrLength
		}
		return Range{Total: total, Asking: true}, nil
	}
	from, to, _ := strings.Cut(span, "-")
	first, ok := count(from)
	last, also := count(to)
	if !ok || !also || first > last || last >= total {
		return Range{}, ErrBadRange
	}
	if last-first+1 != length {
		return Range{}, ErrLength
	}
	return Range{Begin: first, Total: total}, nil
}

func count(s string) (int64, bool) {
	if s == "" || len(s) > 18 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}
