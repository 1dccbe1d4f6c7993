package policy

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/portico-desktop/portico/app/spelling"
)

// policyKey is where Group Policy and Intune put what an ADMX template says. Below
// Policies only administrators may write, in the person's own part of the registry
// as well.
const policyKey = `Software\Policies\Portico`

// installerKey is what the package was told when it was installed, for its own
// upgrades too. Below HKLM only administrators may write.
const installerKey = `Software\Portico`

const defaultsKey = "Defaults"

// The types of the registry that a value may have.
const (
	regString = "REG_SZ"
	regExpand = "REG_EXPAND_SZ"
	regLines  = "REG_MULTI_SZ"
	regDword  = "REG_DWORD"
	regQword  = "REG_QWORD"
	regBinary = "REG_BINARY"
)

// hive is a root of the registry and what is said there.
type hive struct {
	name string
	kind SourceKind
	// open reads one key. found is false where there is none.
	open func(path string) (content regKey, found bool, err error)
}

// regKey is what one key of the registry holds.
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

// readRegistry reads the policies of every root, then what the installer was told, and
// after all of them the defaults: those of one are weaker than the policies of the
// other.
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

// read reads one key. A missing one is nobody's policy. A key below it that is not
// among known is a mistake.
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
		// "" is the key's default value, and ** are what Group Policy notes there.
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

// readInstaller reads what the package was told. Most of what lies there is the
// package's own and no policy, so only keys of the table are looked at. Nothing, and
// the address "none", is what the package writes where it was told nothing.
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
