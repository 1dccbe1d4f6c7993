// Icns draws an SVG picture in the sizes of a macOS icon, and writes the icon to
// standard output: go run ./packaging/macos/icns PICTURE.svg > Portico.icns
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"

	"github.com/fyne-io/oksvg"
	"github.com/srwiley/rasterx"
)

// entry is a picture of the file: its type (Apple's icns format; the types below hold
// PNG) and its size in pixels.
type entry struct {
	kind string
	size int
}

func entries() []entry {
	return []entry{
		{"icp4", 16}, {"icp5", 32}, {"icp6", 64}, {"ic07", 128}, {"ic08", 256}, {"ic09", 512}, {"ic10", 1024},
		{"ic11", 32}, {"ic12", 64}, {"ic13", 256}, {"ic14", 512}, // the same for 2x screens
	}
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: icns PICTURE.svg > ICON.icns")
		os.Exit(2)
	}
	svg, err := os.ReadFile(os.Args[1])
	if err == nil {
		err = write(os.Stdout, svg)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "icns:", err)
		os.Exit(1)
	}
}

func write(w io.Writer, svg []byte) error {
	var body bytes.Buffer
	for _, e := range entries() {
		picture, err := draw(svg, e.size)
		if err != nil {
			return fmt.Errorf("draw %d pixels: %w", e.size, err)
		}
		body.WriteString(e.kind)
		_ = binary.Write(&body, binary.BigEndian, uint32(8+len(picture)))
		body.Write(picture)
	}
	head := append([]byte("icns"), binary.BigEndian.AppendUint32(nil, uint32(8+body.Len()))...)
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err := w.Write(body.Bytes())
	return err
}

func draw(svg []byte, size int) ([]byte, error) {
	icon, err := oksvg.ReadIconStream(bytes.NewReader(svg), oksvg.StrictErrorMode)
	if err != nil {
		return nil, err
	}
	picture := image.NewRGBA(image.Rect(0, 0, size, size))
	icon.SetTarget(0, 0, float64(size), float64(size))
	icon.Draw(rasterx.NewDasher(size, size, rasterx.NewScannerGV(size, size, picture, picture.Bounds())), 1)
	var out bytes.Buffer
	err = png.Encode(&out, picture)
	return out.Bytes(), err
}
