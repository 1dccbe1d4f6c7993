package desktop

import (
	"slices"
	"strings"
)

// desktopFile is the main group of a desktop entry file. Keys have their locale, as in
// "Name[de]" (Desktop Entry Specification 1.5).
type desktopFile map[string]string

// readDesktopFile reads the group [Desktop Entry].
func readDesktopFile(text string) desktopFile {
	return readGroup(text, "Desktop Entry")
}

// readGroup reads one group of a file of groups, keys and values. Desktop entries and
// mimeapps.list are such files.
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

// list is a value of several parts, each ended by a semicolon.
func list(value string) []string {
	return strings.FieldsFunc(value, func(r rune) bool { return r == ';' })
}

// browser is the browser described by the file. There is none if the file is hidden,
// needs a terminal, or has no command. With handles, something else has associated the
// file with web addresses.
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

// webAddresses is the type of https addresses, for the programs that open them.
const webAddresses = "x-scheme-handler/https"

// name is the name in the first of the languages (BCP 47) that the file has.
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

// splitExec reads the value of Exec: a command in words, with codes for its arguments.
// Codes for an address become [addressMark], the others go.
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
