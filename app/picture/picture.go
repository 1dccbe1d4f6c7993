// Package picture checks and draws pictures that somebody else has made, as a portal's
// logo.
//
// A drawing (SVG) is a program of sorts: a few bytes can name themselves without end, or
// ask for lines that take minutes. [Check] takes only what is needed for a logo, and
// writes it anew; what comes out is all that is ever drawn. [Examiner] does the same in
// a process of its own, which ends where the picture takes too much of the computer.
//
// It knows neither where a picture comes from nor who shows it.
package picture

import (
	"bytes"
	"fmt"
	"image/png"
)

const (
	// Rules counts how often what passes has changed, so that what was found out before
	// is not believed.
	Rules = 1
	// MaxBytes bounds a picture, before its drawing is resolved and after.
	MaxBytes = 256 << 10
	// MaxSide bounds the width and the height of pixels.
	MaxSide = 2048
)

// Refused is why a picture is not used.
type Refused struct {
	// Reason goes on from the picture's name, as in "has the element <script>".
	Reason string
}

func (r *Refused) Error() string { return "the picture " + r.Reason }

func refuse(format string, args ...any) *Refused {
	return &Refused{Reason: fmt.Sprintf(format, args...)}
}

// IsPNG looks at the content, not at what a server calls it.
func IsPNG(raw []byte) bool { return bytes.HasPrefix(raw, []byte("\x89PNG\r\n\x1a\n")) }

// Check returns the picture as it may be shown: a PNG picture as it came, a drawing
// written anew from its allowed parts. It finds out how much work a drawing is without
// doing it; only an [Examiner] bounds time and memory. What Check has returned passes it
// again unchanged.
//
// Errors: *[Refused].
func Check(raw []byte) (checked []byte, err error) {
	if len(raw) > MaxBytes {
		return nil, refuse("is larger than %d bytes", MaxBytes)
	}
	if IsPNG(raw) {
		if err := checkPNG(raw); err != nil {
			return nil, err
		}
		return raw, nil
	}
	checked, err = rewritten(raw)
	if err != nil {
		return nil, err
	}
	d, err := ReadDrawing(checked)
	if err != nil {
		return nil, refuse("cannot be drawn: %v", err)
	}
	if err := d.checkWork(); err != nil {
		return nil, err
	}
	return checked, nil
}

// checkPNG reads the header alone: the format's decoder takes memory for the pixels that
// it names, and no more.
func checkPNG(raw []byte) error {
	header, err := png.DecodeConfig(bytes.NewReader(raw))
	switch {
	case err != nil:
		return refuse("is a broken PNG picture: %v", err)
	case header.Width > MaxSide || header.Height > MaxSide:
		return refuse("has %d × %d pixels; at most %d a side are possible", header.Width, header.Height, MaxSide)
	}
	return nil
}
