package desktop

import (
	"slices"
	"strings"
)

// desktopFile is what a desktop entry file says in its main group, keys with
// their locale, as in "Name[de]" (Desktop Entry Specification 1.5).
type desktopFile map[string]string

// readDesktopFile reads the group [Desktop Entry].
func readDesktopFile(text string) desktopFile {
	return readGroup(text, "Desktop Entry")
}

// readGroup reads one group of a file of groups, keys and values, which is what
// desktop entries and mimeapps.list are.
func readGroup(text, group string) map[string]string {
	values := make(map[string]string)
	within := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			within = line == "["+group+"]"
		case within:
			if key, value, found := strings.Cut(line, "="); found {
				key = strings.TrimSpace(key)
				if _, known := values[key]; !known {
					values[key] = strings.TrimSpace(value)
				}
			}
		}
	}
	return values
}

// list is a value that holds several, each ended by a semicolon.
func list(value string) []string {
	return strings.FieldsFunc(value, func(r rune) bool { return r == ';' })
}

// browser is the browser that the file is about. It is none when it is hidden,
// needs a terminal, or has no command; handles says that it was associated with
// web addresses elsewhere.
func (d desktopFile) browser(id string, languages []string, handles bool) (installed, bool) {
	on := func(key string) bool { return d[key] == "true" }
	handles = handles || slices.Contains(list(d["MimeType"]), webAddresses)
	if d["Type"] != "Application" || !handles || on("Hidden") || on("NoDisplay") || on("Terminal") {
		return installed{}, false
	}
	command, err := splitExec(unescape(d["Exec"]))
	if err != nil {
		return installed{}, false
	}
	return installed{Browser: Browser{ID: id, Name: d.name(languages)}, command: command}, true
}

// webAddresses is the type under which programs open https addresses.
const webAddresses = "x-scheme-handler/https"

// name is the name in the first of the languages (BCP 47) that it has.
func (d desktopFile) name(languages []string) string {
	for _, language := range languages {
		base, region, _ := strings.Cut(language, "-")
		for _, locale := range []string{base + "_" + region, base} {
			if name := d["Name["+locale+"]"]; name != "" {
				return unescape(name)
			}
		}
	}
	return unescape(d["Name"])
}

// unescape reads the escapes of a value.
func unescape(value string) string {
	return strings.NewReplacer(`\s`, " ", `\n`, "\n", `\t`, "\t", `\r`, "\r", `\\`, `\`).Replace(value)
}

// splitExec reads the value of Exec: a command in words, with codes for what to
// open. Those that stand for an address become [addressMark], the others go.
func splitExec(value string) ([]string, error) {
	words, err := splitWords(value)
	if err != nil {
		return nil, err
	}
	var command []string
	for _, word := range words {
		word = strings.ReplaceAll(word, addressMark, "")
		switch word {
		case "%f", "%F", "%u", "%U":
			command = append(command, addressMark)
			continue
		case "%i", "%c", "%k", "%d", "%D", "%n", "%N", "%v", "%m":
			continue
		}
		command = append(command, strings.NewReplacer("%%", "%", "%u", addressMark, "%U", addressMark).Replace(word))
	}
	return command, nil
}
