package kerberos

import (
	"encoding/binary"
	"slices"
	"strings"
	"time"
)

// DER (X.690), as Kerberos' messages are written in. Package encoding/asn1 reads them, but
// writes no GeneralString.

const (
	version      = 5       // of Kerberos
	canonicalize = 1 << 16 // bit 15 of 32 (RFC 6806, section 11)
)

// The numbers of messages (RFC 4120, section 5.10).
const (
	tagAuthenticator = 2
	tagTGSRequest    = 12
	tagTGSReply      = 13
	tagAPRequest     = 14
	tagASPart        = 25
	tagTGSPart       = 26
	tagError         = 30
)

// The tags of elements.
const (
	bits     = 0x03
	octets   = 0x04
	sequence = 0x30
	general  = 0x1b // GeneralString
	moment   = 0x18 // GeneralizedTime
)

// der is an element in DER (section 8.1).
func der(tag byte, contents ...[]byte) []byte {
	content := slices.Concat(contents...)
	out := []byte{tag}
	switch n := uint64(len(content)); {
	case n < 0x80:
		out = append(out, byte(n))
	default:
		length := binary.BigEndian.AppendUint64(nil, n)
		for length[0] == 0 {
			length = length[1:]
		}
		out = append(append(out, 0x80|byte(len(length))), length...) // #nosec G115 -- 8 at the most
	}
	return append(out, content...)
}

// application is a message: a sequence with a number.
func application(number byte, fields ...[]byte) []byte {
	return der(0x60|number, der(sequence, fields...))
}

// field is an element of a sequence, by its number.
func field(number byte, content []byte) []byte { return der(0xa0|number, content) }

// integer has as few bytes as show its sign (section 8.3).
func integer(n int64) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(n)) // #nosec G115 -- its bits
	for len(b) > 1 && (b[0] == 0 && b[1] < 0x80 || b[0] == 0xff && b[1] >= 0x80) {
		b = b[1:]
	}
	return der(0x02, b)
}

func text(s string) []byte { return der(general, []byte(s)) }

// flags are 32 bits, none of them unused.
func flags(f uint32) []byte { return der(bits, binary.BigEndian.AppendUint32([]byte{0}, f)) }

func kerberosTime(t time.Time) []byte {
	return der(moment, []byte(t.UTC().Format("20060102150405Z")))
}

func (n principalName) der() []byte {
	var parts []byte
	for _, p := range n.Parts {
		parts = append(parts, text(p)...)
	}
	return der(sequence, field(0, integer(int64(n.Type))), field(1, der(sequence, parts)))
}

// equal is true for the same name, whatever the types (RFC 4120, section 6.2).
func (n principalName) equal(o principalName) bool { return slices.Equal(n.Parts, o.Parts) }

func (n principalName) String() string { return strings.Join(n.Parts, "/") }
