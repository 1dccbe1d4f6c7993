package desktop

import (
	"golang.org/x/sys/windows/registry"
)

// systemBrowsers are the registered ones, for this person or for everybody, in the
// 64-bit and in the 32-bit registry.
func systemBrowsers() []installed {
	var clients []client
	for _, place := range []struct {
		root registry.Key
		view uint32
	}{
		{registry.CURRENT_USER, 0},
		{registry.LOCAL_MACHINE, registry.WOW64_64KEY},
		{registry.LOCAL_MACHINE, registry.WOW64_32KEY},
	} {
		clients = append(clients, readClients(place.root, place.view)...)
	}
	return fromClients(clients)
}

const clientsPath = `Software\Clients\StartMenuInternet`

// readClients reads the programs registered below one root. An unreadable key does not
// exist for this person.
func readClients(root registry.Key, view uint32) []client {
	all, err := registry.OpenKey(root, clientsPath, registry.ENUMERATE_SUB_KEYS|view)
	if err != nil {
		return nil
	}
	defer func() { _ = all.Close() }()
	names, err := all.ReadSubKeyNames(-1)
	if err != nil {
		return nil
	}
	var clients []client
	for _, name := range names {
		key := clientsPath + `\` + name
		clients = append(clients, client{
			Key:         name,
			Name:        readString(root, view, key, ""),
			Application: readString(root, view, key+`\Capabilities`, "ApplicationName"),
			Command:     readString(root, view, key+`\shell\open\command`, ""),
			HTTPS:       readString(root, view, key+`\Capabilities\URLAssociations`, "https"),
		})
	}
	return clients
}

// readString is a value of a key, "" for none.
func readString(root registry.Key, view uint32, path, name string) string {
	key, err := registry.OpenKey(root, path, registry.QUERY_VALUE|view)
	if err != nil {
		return ""
	}
	defer func() { _ = key.Close() }()
	value, kind, err := key.GetStringValue(name)
	if err != nil {
		return ""
	}
	if kind == registry.EXPAND_SZ {
		if expanded, err := registry.ExpandString(value); err == nil {
			return expanded
		}
	}
	return value
}
