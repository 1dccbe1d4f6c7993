package network

import (
	"encoding/binary"
	"errors"
	"strings"
)

// gvdb is a file of GVariant values, the form of dconf's settings of desktops: a header,
// and hash tables with items that name their parents (gvdb-format.h of GLib). Numbers are
// little-endian on every computer that Portico runs on.
type gvdb struct{ raw []byte }

const (
	gvdbHeader = 24
	gvdbRoot   = 16 // the header's pointer to the outermost table
	gvdbItem   = 24
	// gvdbDeep bounds the parents of a key: a broken file may go in circles there.
	gvdbDeep = 32
)

var errGVDB = errors.New("it is no file of dconf's, or a broken one")

// parseGVDB checks the header. A file with an overwritten signature is one replaced by
// dconf meanwhile.
func parseGVDB(raw []byte) (*gvdb, error) {
	if len(raw) < gvdbHeader || string(raw[:8]) != "GVariant" {
		return nil, errGVDB
	}
	g := &gvdb{raw}
	if _, _, ok := g.table(gvdbRoot); !ok {
		return nil, errGVDB
	}
	return g, nil
}

func (g *gvdb) number(at int) int { return int(binary.LittleEndian.Uint32(g.raw[at:])) }

// span follows the pointer at an offset: its beginning, and its end.
func (g *gvdb) span(pointer int) (begin, end int, ok bool) {
	begin, end = g.number(pointer), g.number(pointer+4)
	return begin, end, begin <= end && end <= len(g.raw)
}

// table follows a pointer to a table's items, past the filter and the buckets at its
// beginning.
func (g *gvdb) table(pointer int) (begin, end int, ok bool) {
	begin, end, ok = g.span(pointer)
	if !ok || end-begin < 8 {
		return 0, 0, false
	}
	bloom, buckets := g.number(begin)&(1<<27-1), g.number(begin+4)
	begin += 8 + 4*(bloom+buckets)
	return begin, end, begin <= end
}

// values are the values below a path, as in "/system/proxy/", and the names of the
// locked ones.
func (g *gvdb) values(below string) (values map[string]variant, locks map[string]bool) {
	values, locks = map[string]variant{}, map[string]bool{}
	g.each(gvdbRoot, func(name string, kind byte, value int) {
		switch {
		case kind == 'v' && strings.HasPrefix(name, below):
			if begin, end, ok := g.span(value); ok {
				if v, ok := parseVariant(g.raw[begin:end]); ok {
					values[name] = v
				}
			}
		case kind == 'H' && name == ".locks":
			g.each(value, func(name string, _ byte, _ int) { locks[name] = true })
		}
	})
	return values, locks
}

// each goes through the items of a table, with the offset of the pointer to each one's
// value.
func (g *gvdb) each(table int, do func(name string, kind byte, value int)) {
	begin, end, _ := g.table(table)
	for item := begin; item+gvdbItem <= end; item += gvdbItem {
		if name, ok := g.name(item, begin, end); ok {
			do(name, g.raw[item+14], item+16)
		}
	}
}

// name puts an item's name together with those of its parents in the same table.
func (g *gvdb) name(item, begin, end int) (string, bool) {
	name := ""
	for range gvdbDeep {
		start := g.number(item + 8)
		stop := start + int(binary.LittleEndian.Uint16(g.raw[item+12:]))
		if stop > len(g.raw) {
			return "", false
		}
		name = string(g.raw[start:stop]) + name
		parent := g.number(item + 4)
		if parent == 1<<32-1 {
			return name, true
		}
		if item = begin + parent*gvdbItem; item+gvdbItem > end {
			return "", false
		}
	}
	return "", false
}

// variant is a serialised GVariant of one of the kinds read here.
type variant struct {
	kind string // "s", "i", "b", "as"
	raw  []byte
}

// parseVariant takes the kind off a value: it stands at the end behind a zero.
func parseVariant(raw []byte) (variant, bool) {
	zero := strings.LastIndexByte(string(raw), 0)
	if zero < 0 {
		return variant{}, false
	}
	return variant{kind: string(raw[zero+1:]), raw: raw[:zero]}, true
}

func (v variant) text() string {
	if v.kind != "s" {
		return ""
	}
	return strings.TrimSuffix(string(v.raw), "\x00")
}

func (v variant) number() int {
	if v.kind != "i" || len(v.raw) != 4 {
		return 0
	}
	return int(int32(binary.LittleEndian.Uint32(v.raw)))
}

func (v variant) isTrue() bool { return v.kind == "b" && len(v.raw) == 1 && v.raw[0] == 1 }

// list reads strings, each with a zero at its end, and behind them the places of their
// ends.
func (v variant) list() []string {
	if v.kind != "as" || len(v.raw) == 0 {
		return nil
	}
	width := 1
	switch n := len(v.raw); {
	case n > 0xffff:
		width = 4
	case n > 0xff:
		width = 2
	}
	last := make([]byte, 4)
	if len(v.raw) < width {
		return nil
	}
	copy(last, v.raw[len(v.raw)-width:])
	end := binary.LittleEndian.Uint32(last)
	if uint64(end) > uint64(len(v.raw)) || end == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(v.raw[:end]), "\x00"), "\x00")
}
