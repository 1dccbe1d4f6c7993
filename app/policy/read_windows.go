package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/windows/registry"

	"github.com/portico-desktop/portico/app/spelling"
)

// policyKey is where Group Policy and Intune put what an ADMX template says. Below
// Policies only administrators may write, in the person's own part of the registry
// as well.
const policyKey = `Software\Policies\Portico`

func readSystem() []reading {
	return readRegistry([]hive{{registry.LOCAL_MACHINE, "HKLM", Machine}, {registry.CURRENT_USER, "HKCU", User}}, policyKey)
}

// hive is a root of the registry and what is said there.
type hive struct {
	root registry.Key
	name string
	kind SourceKind
}

const defaultsKey = "Defaults"

// readRegistry reads the policies of every root, and after all of them the
// defaults: those of one are weaker than the policies of the other.
func readRegistry(hives []hive, path string) []reading {
	var forced, defaults []reading
	for _, h := range hives {
		forced = append(forced, h.read(path, Source{h.kind, h.name + `\` + path}, defaultsKey))
		below := path + `\` + defaultsKey
		defaults = append(defaults, h.read(below, Source{Defaults, h.name + `\` + below}))
	}
	return append(forced, defaults...)
}

// read reads one key of the 64-bit registry, whatever program asks. A missing one
// is nobody's policy. A key below it that is not among known is a mistake.
func (h hive) read(path string, source Source, known ...string) reading {
	r := reading{source: source, registry: true}
	failed := func(err error) reading {
		r.entries, r.problems = nil, []Problem{{Kind: Unreadable, Source: source, Err: err}}
		return r
	}
	key, err := registry.OpenKey(h.root, path, registry.QUERY_VALUE|registry.ENUMERATE_SUB_KEYS|registry.WOW64_64KEY)
	if errors.Is(err, registry.ErrNotExist) {
		return r
	}
	if err != nil {
		return failed(fmt.Errorf("open %s: %w", source.Where, err))
	}
	defer key.Close()
	names, err := key.ReadValueNames(0)
	if err != nil {
		return failed(fmt.Errorf("list %s: %w", source.Where, err))
	}
	slices.Sort(names)
	for _, name := range names {
		// "" is the key's default value, and ** are what Group Policy notes there.
		if name == "" || strings.HasPrefix(name, "**") {
			continue
		}
		value, err := readValue(key, name)
		if err != nil {
			return failed(fmt.Errorf("read %s in %s: %w", name, source.Where, err))
		}
		r.entries = append(r.entries, entry{key: name, value: value})
	}
	below, err := key.ReadSubKeyNames(0)
	if err != nil {
		return failed(fmt.Errorf("list %s: %w", source.Where, err))
	}
	for _, name := range below {
		if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) }) {
			r.problems = append(r.problems, Problem{Kind: UnknownKey, Key: shownText(name + `\`), Source: source, Suggestion: spelling.Nearest(name, known)})
		}
	}
	return r
}

// readValue reads one value in the type that it has. Environment variables are not
// expanded: the person's own would decide.
func readValue(key registry.Key, name string) (any, error) {
	size, kind, err := key.GetValue(name, nil)
	if err != nil {
		return nil, err
	}
	if size > MaxBytes {
		return unfit(fmt.Sprintf("a value of %d bytes, which is too large", size)), nil
	}
	switch kind {
	case registry.SZ, registry.EXPAND_SZ:
		text, _, err := key.GetStringValue(name)
		return text, err
	case registry.MULTI_SZ:
		list, _, err := key.GetStringsValue(name)
		return list, err
	case registry.DWORD:
		n, _, err := key.GetIntegerValue(name)
		return dword(n), err
	case registry.QWORD:
		return unfit("a REG_QWORD"), nil
	case registry.BINARY:
		return unfit("a REG_BINARY"), nil
	}
	return unfit(fmt.Sprintf("a value of registry type %d", kind)), nil
}

// privateInPlace has nothing to say: no file of that form counts here.
func privateInPlace(string) error { return nil }
