package manifest

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-desktop/portico/app/spelling"
)

// Unknown is a member of a manifest that means nothing to this version. It is
// ignored, because later versions add members; whoever writes the manifest wants
// to know, because a misspelt member may be the one that decides who comes in.
type Unknown struct {
	// Path is its place, as in "providers[0].redirect.prot".
	Path string
	// Nearest is the name probably meant, "" for none.
	Nearest string
}

const (
	// maxUnknown bounds how many are told, of a provider and of the rest.
	maxUnknown = 20
	maxShown   = 64
)

// findUnknown fills in Unknown, for each provider and for the rest.
func (m *Manifest) findUnknown(raw []byte) {
	var whole map[string]any
	if json.Unmarshal(raw, &whole) != nil {
		return // the caller has read it already
	}
	for _, name := range slices.Collect(maps.Keys(whole)) {
		entries, ok := whole[name].([]any)
		if !ok || !strings.EqualFold(name, "providers") {
			continue
		}
		for i := range min(len(entries), len(m.Providers)) {
			m.Providers[i].Unknown = some(unknownIn(entries[i], reflect.TypeFor[Provider](), fmt.Sprintf("providers[%d]", i)))
		}
		delete(whole, name)
	}
	delete(whole, "$schema") // for editors
	m.Unknown = some(unknownIn(whole, reflect.TypeFor[Manifest](), ""))
}

func some(all []Unknown) []Unknown { return all[:min(len(all), maxUnknown)] }

// unknownIn compares a value with the type that it is read into. What has another
// shape is the reader's business.
func unknownIn(value any, as reflect.Type, path string) (found []Unknown) {
	switch v := value.(type) {
	case map[string]any:
		if as.Kind() != reflect.Struct {
			return nil
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			below := shown(key)
			if path != "" {
				below = path + "." + below
			}
			if field, ok := fieldOf(as, key); ok {
				found = append(found, unknownIn(v[key], field, below)...)
				continue
			}
			found = append(found, Unknown{Path: below, Nearest: spelling.Nearest(key, members(as))})
		}
	case []any:
		if as.Kind() != reflect.Slice {
			return nil
		}
		for i, element := range v {
			found = append(found, unknownIn(element, as.Elem(), fmt.Sprintf("%s[%d]", path, i))...)
		}
	}
	return found
}

// shown is a name as it can be printed: anybody may have chosen it.
func shown(key string) string {
	quoted := strconv.Quote(key)
	if len(key) > maxShown {
		return strconv.Quote(key[:maxShown]) + "…"
	}
	if quoted != `"`+key+`"` || key == "" {
		return quoted
	}
	return key
}

// members are the names of a type in JSON.
func members(of reflect.Type) (names []string) {
	for i := range of.NumField() {
		if name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ","); name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// fieldOf finds a member as encoding/json does, whatever its case.
func fieldOf(of reflect.Type, key string) (reflect.Type, bool) {
	for i := range of.NumField() {
		name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		if name != "-" && strings.EqualFold(name, key) {
			return of.Field(i).Type, true
		}
	}
	return nil, false
}
