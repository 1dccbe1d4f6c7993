//go:build linux

package stage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// Framebuffer is the display's own memory: what is on the screen, the pointer as well,
// without asking for it. Pictures take tens of milliseconds, too long to see when something
// appeared.
type Framebuffer struct {
	bounds image.Rectangle
	stride int
	memory []byte
	pixels []byte
}

// xwdHeader is Xvfb's description of its memory: a header of the X Window Dump format,
// with numbers in the order of the network.
type xwdHeader struct {
	HeaderSize, FileVersion, PixmapFormat, PixmapDepth  uint32
	PixmapWidth, PixmapHeight, XOffset, ByteOrder       uint32
	BitmapUnit, BitmapBitOrder, BitmapPad, BitsPerPixel uint32
	BytesPerLine, VisualClass, RedMask, GreenMask       uint32
	BlueMask, BitsPerRGB, ColormapEntries, Colours      uint32
}

// xwdColour is the size of an entry of the table of colours after the header.
const xwdColour = 12

// Framebuffer opens the display's memory. It needs [Params.Framebuffer]. Close it
// before the stage.
func (d *Display) Framebuffer() (*Framebuffer, error) {
	f, err := d.openFramebuffer()
	if err != nil {
		return nil, fmt.Errorf("read the display's memory: %w", err)
	}
	return f, nil
}

func (d *Display) openFramebuffer() (*Framebuffer, error) {
	file, err := os.Open(filepath.Join(d.stage.framebufferDir(), "Xvfb_screen0"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	var h xwdHeader
	if err := binary.Read(file, binary.BigEndian, &h); err != nil {
		return nil, err
	}
	start := int64(h.HeaderSize) + int64(h.Colours)*xwdColour
	size := int64(h.BytesPerLine) * int64(h.PixmapHeight)
	if h.BitsPerPixel != 32 || int64(h.PixmapWidth)*4 > int64(h.BytesPerLine) || start+size > info.Size() {
		return nil, errors.New("it is not laid out as 32 bits a pixel")
	}
	memory, err := syscall.Mmap(int(file.Fd()), 0, int(start+size), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	return &Framebuffer{
		bounds: image.Rect(0, 0, int(h.PixmapWidth), int(h.PixmapHeight)),
		stride: int(h.BytesPerLine), memory: memory, pixels: memory[start:],
	}, nil
}

// coloursLines is about how many lines of a part are looked at for its colours. Whoever
// looks all the time at each line of a large window takes a quarter of a processor from
// the program that fills it; and a line of text is higher than the distance of these.
const coloursLines = 80

// Colours counts the colours within a part of the screen, up to most. Of a large part it
// looks at some lines only.
func (f *Framebuffer) Colours(part image.Rectangle, most int) int {
	part = part.Intersect(f.bounds)
	seen := make([]uint32, 0, most)
	var before uint32
	for y := part.Min.Y; y < part.Max.Y; y += max(part.Dy()/coloursLines, 1) {
		for line := f.line(part, y); len(line) > 0; line = line[4:] {
			colour := binary.LittleEndian.Uint32(line)
			if len(seen) > 0 && colour == before {
				continue
			}
			before = colour
			if slices.Contains(seen, colour) {
				continue
			}
			if seen = append(seen, colour); len(seen) == most {
				return most
			}
		}
	}
	return len(seen)
}

// Close lets go of the memory.
func (f *Framebuffer) Close() error { return syscall.Munmap(f.memory) }
