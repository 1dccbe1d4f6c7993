package policy

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/portico-desktop/portico/app/spelling"
)

// policyKey is where Group Policy and Intune put the settings of an ADMX template.
// Below Policies only administrators may write, in the person's own part of the
// registry as well.
const policyKey = `Software\Policies\Portico`

// installerKey is the place for the package's own notes: the values given at its
// installation, for its own upgrades too. Below HKLM only administrators may write.
const installerKey = `Software\Portico`

const defaultsKey = "Defaults"

// The registry's types for a value.
const (
	regString = "REG_SZ"
	regExpand = "REG_EXPAND_SZ"
	regLines  = "REG_MULTI_SZ"
	regDword  = "REG_DWORD"
	regQword  = "REG_QWORD"
	regBinary = "REG_BINARY"
)

// hive is a root of the registry and its content.
type hive struct {
	name string
	kind SourceKind
	// open reads one key. found is false for a missing one.
	open func(path string) (content regKey, found bool, err error)
}

// regKey is the content of one key of the registry.
type regKey struct {
	values []regValue
	below  []string // the names of the keys in it
}

// regValue is one value of the registry. data is a string, a []string, a dword, a qword,
// or unfit.
type regValue struct {
	name, kind string
	data       any
}

// qword is a long number of the registry.
type qword uint64

// readRegistry reads the policies of every root, then the installer's values, and after
// all of them the defaults: one root's defaults are weaker than the other root's
// policies.
func readRegistry(hives []hive, path string) []reading {
	var forced, installed, defaults []reading
	for _, h := range hives {
		forced = append(forced, h.read(path, Source{h.kind, h.name + `\` + path}, defaultsKey))
		if h.kind == Machine {
			installed = append(installed, h.readInstaller())
		}
		below := path + `\` + defaultsKey
		defaults = append(defaults, h.read(below, Source{Defaults, h.name + `\` + below}))
	}
	return slices.Concat(forced, installed, defaults)
}

// read reads one key. A missing one is nobody's policy. An unknown key below it is a
// mistake.
func (h hive) read(path string, source Source, known ...string) reading {
	r := reading{source: source, registry: true}
	content, found, err := h.open(path)
	if err != nil {
		r.problems = []Problem{{Kind: Unreadable, Source: source, Err: fmt.Errorf("read %s: %w", source.Where, err)}}
	}
	if err != nil || !found {
		return r
	}
	sort.Slice(content.values, func(i, j int) bool { return content.values[i].name < content.values[j].name })
	for _, v := range content.values {
		// "" is the key's default value, and Group Policy's own notes begin with **.
		if v.name != "" && !strings.HasPrefix(v.name, "**") {
			r.entries = append(r.entries, entry{key: v.name, value: v.data, kind: v.kind})
		}
	}
	for _, name := range content.below {
		if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) }) {
			r.problems = append(r.problems, Problem{Kind: UnknownKey, Key: shownText(name + `\`), Source: source, Suggestion: spelling.Nearest(name, known)})
		}
	}
	return r
}

// readInstaller reads the values given to the package. Most values there are the
// package's own and no policy, so only keys of the table are looked at. For no value
// the package writes nothing, or the address "none".
func (h hive) readInstaller() reading {
	r := h.read(installerKey, Source{Installer, h.name + `\` + installerKey})
	r.entries = slices.DeleteFunc(r.entries, func(e entry) bool {
		k, known := r.lookup(e.key)
		text, isText := e.value.(string)
		return !known || isText && (text == "" || k.Name == PortalURL && strings.EqualFold(text, "none"))
	})
	r.problems = slices.DeleteFunc(r.problems, func(p Problem) bool { return p.Kind == UnknownKey })
	return r
}
