//go:build linux

package stage

import (
	"context"
	"encoding/binary"
	"hash/maphash"
	"image"
	"time"
)

// Single returns the colour of a part of the screen; single is true if it has one only.
func (f *Framebuffer) Single(part image.Rectangle) (colour uint32, single bool) {
	part = part.Intersect(f.bounds)
	if part.Empty() {
		return 0, false
	}
	first := f.line(part, part.Min.Y)[:4]
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for line := f.line(part, y); len(line) > 0; line = line[4:] {
			if string(line[:4]) != string(first) {
				return 0, false
			}
		}
	}
	return binary.LittleEndian.Uint32(first) & 0xffffff, true
}

// line is what a part of the screen shows in one of its lines, four bytes a pixel.
func (f *Framebuffer) line(part image.Rectangle, y int) []byte {
	return f.pixels[y*f.stride+4*part.Min.X : y*f.stride+4*part.Max.X]
}

// seed is the same for all sums of a process. Sums are compared within one process
// only.
var seed = maphash.MakeSeed()

// Sum is another one for another picture in a part of the screen.
func (f *Framebuffer) Sum(part image.Rectangle) uint64 {
	part = part.Intersect(f.bounds)
	var h maphash.Hash
	h.SetSeed(seed)
	for y := part.Min.Y; y < part.Max.Y; y++ {
		_, _ = h.Write(f.line(part, y)) // a hash never fails
	}
	return h.Sum64()
}

// Watch looks at the screen once a millisecond until seen says so.
func Watch(ctx context.Context, seen func() bool) error {
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for !seen() {
		select {
		case <-look.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
