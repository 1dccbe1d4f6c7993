package attachments

import (
	"errors"
	"testing"
)

func TestDigestsAreReadToTheLetter(t *testing.T) {
	const good = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"
	for header, want := range map[string]error{
		good:                        nil,
		"sha-512=:AAAA:, " + good:   nil,
		good + " ,\tunixsum=:AAAA:": nil,
		"":                          nil,
		"sha-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=":   ErrBadDigest,
		"sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE:":  ErrBadDigest,
		"sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPF=:": ErrBadDigest, // bits behind the end
		"sha-256=:AAAA:": ErrBadDigest,
		"sha-256=::":     ErrBadDigest,
		"sha-256=:":      ErrBadDigest,
		"sha-256":        ErrBadDigest,
		good + ",":       ErrBadDigest,
		good + ", \x00":  ErrBadDigest,
	} {
		d, err := ParseDigest(header)
		if !errors.Is(err, want) || (d != nil) != (want == nil && header != "") {
			t.Errorf("%q: %v, %v", header, d, err)
		}
		if d != nil && d.String() != good {
			t.Errorf("%q is %s", header, d)
		}
	}
	if d, err := ParseDigest("sha-512=:AAAA:"); d != nil || err != nil {
		t.Errorf("another algorithm: %v, %v", d, err)
	}
}

func TestRangesAreReadToTheLetter(t *testing.T) {
	for _, c := range []struct {
		header string
		length int64
		want   Range
		err    error
	}{
		{"", 5, Range{}, nil},
		{"bytes 0-4/10", 5, Range{Total: 10}, nil},
		{"Bytes 5-9/10", 5, Range{Begin: 5, Total: 10}, nil},
		{"bytes */10", 0, Range{Total: 10, Asking: true}, nil},
		{"bytes */10", 1, Range{}, ErrLength},
		{"bytes 0-4/10", 4, Range{}, ErrLength},
		{"bytes 0-4/*", 5, Range{}, ErrBadRange},
		{"bytes 5-4/10", 0, Range{}, ErrBadRange},
		{"bytes 5-10/10", 6, Range{}, ErrBadRange},
		{"bytes -4/10", 5, Range{}, ErrBadRange},
		{"bytes +0-4/10", 5, Range{}, ErrBadRange},
		{"bytes 0-4", 5, Range{}, ErrBadRange},
		{"bytes 0-0/0", 1, Range{}, ErrBadRange},
		{"bytes */0", 0, Range{}, ErrBadRange},
		{"lines 0-4/10", 5, Range{}, ErrBadRange},
		{"bytes 0-99999999999999999999/999999999999999999999", 5, Range{}, ErrBadRange},
	} {
		if got, err := ParseRange(c.header, c.length); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%q: %+v, %v", c.header, got, err)
		}
	}
}
