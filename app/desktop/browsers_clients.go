package desktop

import (
	"path"
	"strings"
)

// client is a program under Software\Clients\StartMenuInternet in the registry of
// Windows. Browsers register themselves there (Microsoft, "Registering Programs with
// Client Types").
type client struct {
	// Key is the name of its key, as in "Firefox-308046B0AF4A39CB".
	Key string
	// Name is the key's default value. Application is the ApplicationName of its
	// capabilities; it may be a reference into a file.
	Name, Application string
	// Command is the default value of shell\open\command.
	Command string
	// HTTPS is the class for https addresses in its capabilities, "" for none.
	HTTPS string
}

// fromClients are the browsers among them. The first with a key counts: the
// person's own registration stands before the computer's.
func fromClients(clients []client) []installed {
	seen := make(map[string]bool)
	var found []installed
	for _, c := range clients {
		command, err := splitWords(c.Command)
		key := strings.ToLower(c.Key)
		// Internet Explorer registers still and opens nothing any more.
		if err != nil || seen[key] || key == "iexplore.exe" || c.HTTPS == "" {
			continue
		}
		seen[key] = true
		found = append(found, installed{Browser: Browser{ID: c.Key, Name: c.called()}, command: command})
	}
	return found
}

// called is the program's name for people.
func (c client) called() string {
	for _, name := range []string{c.Name, c.Application} {
		if name != "" && !strings.HasPrefix(name, "@") {
			return name
		}
	}
	return strings.TrimSuffix(c.Key, path.Ext(c.Key))
}
