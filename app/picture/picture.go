// Package picture checks pictures made by somebody else, such as a portal's logo.
//
// A drawing (SVG) is a program of sorts: a few bytes can name themselves without end, or
// ask for lines that take minutes. So an [Examiner] has it looked at in a process of its
// own. The process takes only the parts needed for a logo, writes them anew, draws them
// once, and ends if the drawing takes too much of the computer. The process's work is in
// the package drawing, so a program that only asks for it need not hold it.
//
// It knows neither the source of a picture nor its use.
package picture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
)

const (
	// Rules counts the changes of the rules, so no verdict of older rules is believed.
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
	// Passing: it may be due to this computer, as it was just then, and is worth another
	// try on another day.
	Passing bool
}

func (r *Refused) Error() string { return "the picture " + r.Reason }

// Refuse makes a reason.
func Refuse(format string, args ...any) *Refused {
	return &Refused{Reason: fmt.Sprintf(format, args...)}
}

// IsPNG looks at the content, not at a server's word for it.
func IsPNG(raw []byte) bool { return bytes.HasPrefix(raw, []byte("\x89PNG\r\n\x1a\n")) }

// CheckPNG reads the header alone: the format's decoder takes memory for the pixels
// named there, and no more.
//
// Errors: *[Refused].
func CheckPNG(raw []byte) error {
	if len(raw) > MaxBytes {
		return TooLarge()
	}
	header, err := png.DecodeConfig(bytes.NewReader(raw))
	switch {
	case err != nil:
		return Refuse("is a broken PNG picture: %v", err)
	case header.Width > MaxSide || header.Height > MaxSide:
		return Refuse("has %d × %d pixels; at most %d a side are possible", header.Width, header.Height, MaxSide)
	}
	return nil
}

// TooLarge is why a picture of more than MaxBytes is not used.
func TooLarge() *Refused { return Refuse("is larger than %d bytes", MaxBytes) }

// OnlyPixels checks pictures when there is no process to examine a drawing.
func OnlyPixels(_ context.Context, raw []byte) ([]byte, error) {
	if !IsPNG(raw) {
		return nil, errors.New("examine a picture: drawings are not examined here")
	}
	if err := CheckPNG(raw); err != nil {
		return nil, err
	}
	return raw, nil
}
