package words

import (
	"encoding/json"
	"fmt"
	"hash/maphash"
	"math/bits"
	"strings"

	"github.com/portico-desktop/portico/assets"
)

// texts is one language's file. Reading it as a whole takes most of the time of a short
// command, and half a megabyte of memory. But the command needs only a few dozen of its
// messages. So only the place of each message is known.
//
// The file is JSON with one message a line, by two blanks; the lines of one with several
// forms have more. A test makes sure of it.
type texts struct {
	file string
	// at are the places of the messages' ids in the file, 0 for a free place: each id is
	// at its hash's place, or at the first free one behind it. Half of them are free at
	// the least.
	at   []uint32
	seed maphash.Seed
}

// before and after are the signs around an id.
const before, after = `  "`, `": `

func textsOf(language string) texts {
	file := assets.Translation(language)
	if file == "" {
		panic(fmt.Sprintf("words: the program was built without its translation %q", language))
	}
	t := texts{file: file, at: make([]uint32, 1<<bits.Len(uint(2*strings.Count(file, "\n")))), seed: maphash.MakeSeed()}
	for at := 0; at < len(file); {
		line, _, _ := strings.Cut(file[at:], "\n")
		if rest, isMessage := strings.CutPrefix(line, before); isMessage {
			id, _, _ := strings.Cut(rest, after)
			place := t.place(id)
			for t.at[place] != 0 {
				place = t.next(place)
			}
			t.at[place] = uint32(at + len(before))
		}
		at += len(line) + 1
	}
	return t
}

// place is the first place to look for an id, and next the one after another place.
func (t texts) place(id string) int { return int(maphash.String(t.seed, id) & uint64(len(t.at)-1)) }
func (t texts) next(place int) int  { return (place + 1) & (len(t.at) - 1) }

// raw is the JSON of the message with this id, and false for none.
func (t texts) raw(id string) (string, bool) {
	for place := t.place(id); t.at[place] != 0; place = t.next(place) {
		rest := t.file[t.at[place]:]
		if !strings.HasPrefix(rest, id) || !strings.HasPrefix(rest[len(id):], after) {
			continue
		}
		rest = rest[len(id)+len(after):]
		line, _, _ := strings.Cut(rest, "\n")
		line = strings.TrimSuffix(line, ",")
		if line != "{" {
			return line, true
		}
		const end = "\n  }"
		return rest[:strings.Index(rest, end)+len(end)], true
	}
	return "", false
}

// message is a text in its plural forms (CLDR). English and German have these two, and
// most messages the second only.
type message struct{ One, Other string }

// message is the message with this id, and false for none.
func (t texts) message(id string) (m message, ok bool) {
	raw, ok := t.raw(id)
	if !ok {
		return m, false
	}
	if raw[0] == '{' {
		return m, json.Unmarshal([]byte(raw), &m) == nil
	}
	if m.Other = raw[1 : len(raw)-1]; strings.Contains(m.Other, `\`) {
		return m, json.Unmarshal([]byte(raw), &m.Other) == nil
	}
	return m, true
}
