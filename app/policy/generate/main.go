// Command generate writes every other list of the policies from the one table:
// templates for Group Policy and for device management on macOS, the schema and a
// sample of the Linux file, and the table for administrators.
//
//	go run ./app/policy/generate
//
// The same table gives the same bytes. A test fails while a file differs from the
// table.
package main

import (
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	log.SetFlags(0)
	if _, err := os.Stat("go.mod"); err != nil {
		log.Fatal("run it in the repository's top folder")
	}
	all, err := files()
	if err != nil {
		log.Fatal(err)
	}
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(path, all[path], 0o644); err != nil {
			log.Fatal(err)
		}
		fmt.Println(path)
	}
}

// files are the generated files, by path from the top folder.
func files() (map[string][]byte, error) {
	english, german := inEnglish(), inGerman()
	all := map[string][]byte{
		"packaging/windows/policy/portico.admx":       admx(),
		"packaging/windows/policy/en-US/portico.adml": adml(english),
		"packaging/windows/policy/de-DE/portico.adml": adml(german),
		"app/policy/POLICIES.md":                      table(),
	}
	for path, write := range map[string]func() ([]byte, error){
		"packaging/macos/policy/portico.mobileconfig":                    profile,
		"packaging/macos/policy/io.github.portico_desktop.Portico.plist": preferenceManifest,
		"packaging/linux/policy/policy.json":                             sample,
		"assets/schema/policy.schema.json":                               schema,
	} {
		text, err := write()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all[path] = text
	}
	return all, nil
}
