package main

import (
	"fmt"
	"io"
	"strings"

	"rsc.io/qr"
)

// quiet is the empty border needed around a QR code, in modules (ISO/IEC 18004, section
// 6.3.8).
const quiet = 4

// Black on white whatever the terminal's own colours are: many scanners do not read a
// light code on dark.
const (
	blackOnWhite = "\x1b[38;5;16;48;5;231m"
	plain        = "\x1b[0m"
)

// qrCode draws an address as a QR code for a terminal of this width, two rows of
// modules in a line of text. It writes nothing when the code does not fit.
func qrCode(w io.Writer, address string, columns int) {
	code, err := qr.Encode(address, qr.L)
	if err != nil || code.Size+2*quiet > columns {
		return
	}
	for y := -quiet; y < code.Size+quiet; y += 2 {
		var line strings.Builder
		for x := -quiet; x < code.Size+quiet; x++ {
			// Outside of the code everything is white.
			line.WriteString(half(code.Black(x, y), code.Black(x, y+1)))
		}
		fmt.Fprintln(w, blackOnWhite+line.String()+plain)
	}
}

func half(upper, lower bool) string {
	switch {
	case upper && lower:
		return "█"
	case upper:
		return "▀"
	case lower:
		return "▄"
	}
	return " "
}
