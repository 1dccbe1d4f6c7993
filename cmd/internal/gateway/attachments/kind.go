package attachments

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// programs are the media types taken only by name.
func programs() []string {
	return []string{
		"application/vnd.microsoft.portable-executable", "application/x-elf", "application/x-executable", "application/x-sharedlib",
		"application/x-mach-binary", "application/x-ms-installer", "application/x-msi", "application/java-archive", "application/jar",
		"application/x-java-applet", "application/x-ms-shortcut", "application/vnd.android.package-archive", "application/wasm",
	}
}

// kind is the media type found in a content, without parameters.
//
// Errors: *[TypeError] for one not taken.
func (f *Folder) kind(content io.Reader) (string, error) {
	// No name is looked at: whoever sends a file chooses it.
	found, err := mimetype.DetectReader(content)
	if err != nil {
		return "", fmt.Errorf("look into an attachment: %w", err)
	}
	name, _, _ := strings.Cut(found.String(), ";")
	if name = strings.TrimSpace(name); f.takes(name) {
		return name, nil
	}
	return "", &TypeError{Type: name}
}

func (f *Folder) takes(name string) bool {
	if len(f.types) == 0 {
		return !slices.Contains(programs(), name)
	}
	return slices.ContainsFunc(f.types, func(t string) bool {
		family, any := strings.CutSuffix(t, "/*")
		return strings.EqualFold(t, name) || any && strings.HasPrefix(name, strings.ToLower(family)+"/")
	})
}

func checkTypes(types []string) error {
	for _, t := range types {
		if family, kind, ok := strings.Cut(t, "/"); !ok || family == "" || family == "*" || kind == "" || strings.ContainsAny(t, " ;,") {
			return fmt.Errorf("attachments cannot have the type %q; it has to look like application/pdf or image/*", t)
		}
	}
	return nil
}
