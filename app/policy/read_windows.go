package policy

import (
	"errors"
	"fmt"

	"golang.org/x/sys/windows/registry"
)

func readSystem() []reading {
	return readRegistry([]hive{
		{"HKLM", Machine, below(registry.LOCAL_MACHINE)}, {"HKCU", User, below(registry.CURRENT_USER)},
	}, policyKey)
}

// below opens keys of the 64-bit registry, whatever program asks.
func below(root registry.Key) func(path string) (regKey, bool, error) {
	return func(path string) (regKey, bool, error) {
		key, err := registry.OpenKey(root, path, registry.QUERY_VALUE|registry.ENUMERATE_SUB_KEYS|registry.WOW64_64KEY)
		if errors.Is(err, registry.ErrNotExist) {
			return regKey{}, false, nil
		}
		if err != nil {
			return regKey{}, false, fmt.Errorf("open the key: %w", err)
		}
		defer key.Close()
		names, err := key.ReadValueNames(0)
		if err != nil {
			return regKey{}, false, fmt.Errorf("list its values: %w", err)
		}
		var content regKey
		for _, name := range names {
			v, err := readValue(key, name)
			if errors.Is(err, registry.ErrNotExist) {
				continue // gone meanwhile
			}
			if err != nil {
				return regKey{}, false, fmt.Errorf("read %s: %w", name, err)
			}
			content.values = append(content.values, v)
		}
		if content.below, err = key.ReadSubKeyNames(0); err != nil {
			return regKey{}, false, fmt.Errorf("list the keys in it: %w", err)
		}
		return content, true, nil
	}
}

// readValue reads one value in its own type. Environment variables are not expanded:
// the person's own would decide.
func readValue(key registry.Key, name string) (v regValue, err error) {
	v.name = name
	size, kind, err := key.GetValue(name, nil)
	if err != nil {
		return v, err
	}
	if size > MaxBytes {
		v.data = unfit(fmt.Sprintf("a value of %d bytes, which is too large", size))
		return v, nil
	}
	switch kind {
	case registry.SZ, registry.EXPAND_SZ:
		v.kind = regString
		if kind == registry.EXPAND_SZ {
			v.kind = regExpand
		}
		v.data, _, err = key.GetStringValue(name)
	case registry.MULTI_SZ:
		v.kind = regLines
		v.data, _, err = key.GetStringsValue(name)
	case registry.DWORD:
		var n uint64
		n, _, err = key.GetIntegerValue(name)
		v.kind, v.data = regDword, dword(n)
	case registry.QWORD:
		var n uint64
		n, _, err = key.GetIntegerValue(name)
		v.kind, v.data = regQword, qword(n)
	case registry.BINARY:
		v.kind, v.data = regBinary, unfit("a REG_BINARY")
	default:
		v.kind = fmt.Sprintf("registry type %d", kind)
		v.data = unfit("a value of " + v.kind)
	}
	return v, err
}

// privateInPlace has nothing to say: no file of that form counts here.
func privateInPlace(string) error { return nil }
