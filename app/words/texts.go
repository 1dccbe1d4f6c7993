package words

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"

	"github.com/portico-desktop/portico/assets"
)

// texts is one language's file. Reading it as a whole takes most of the time of a short
// command, and half a megabyte of memory. But the command needs only a few dozen of its
// messages. So only the place of each message is known.
//
// The file is JSON with one message a line, by two blanks; the lines of one with several
// forms have more. A test holds that.
type texts map[string]string // the message's JSON, by its id

func textsOf(language string) texts {
	file := assets.Translation(language)
	if file == "" {
		panic(fmt.Sprintf("words: the program was built without its translation %q", language))
	}
	all := make(texts, strings.Count(file, "\n"))
	id, start := "", 0
	for at := 0; at < len(file); {
		end := at + strings.IndexByte(file[at:], '\n') + 1
		if end <= at {
			end = len(file)
		}
		line := file[at:end]
		if name, isMessage := strings.CutPrefix(line, `  "`); isMessage || strings.HasPrefix(line, "}") {
			if id != "" {
				all[id] = strings.TrimRight(file[start:at], ",\n")
			}
			name, _, _ = strings.Cut(name, `": `)
			id, start = name, at+len(`  "": `)+len(name)
		}
		at = end
	}
	return all
}

// message is the message with this id, and false for none.
func (t texts) message(id string) (m i18n.Message, ok bool) {
	raw, ok := t[id]
	if !ok {
		return m, false
	}
	m.ID = id
	if raw[0] == '{' {
		return m, json.Unmarshal([]byte(raw), &m) == nil
	}
	if m.Other = raw[1 : len(raw)-1]; strings.Contains(m.Other, `\`) {
		return m, json.Unmarshal([]byte(raw), &m.Other) == nil
	}
	return m, true
}
