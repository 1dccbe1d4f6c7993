// Command generate writes into the Windows scripts what they share, and the tables of
// exit codes into their files.
//
//	go run ./packaging/windows/scripts/generate
package main

import (
	"log"
	"os"
	"path/filepath"

	"github.com/portico-desktop/portico/packaging/windows/scripts"
)

func main() {
	log.SetFlags(0)
	all, err := scripts.Files(".")
	if err != nil {
		log.Fatal(err)
	}
	for path, text := range all {
		if err := os.WriteFile(filepath.FromSlash(path), text, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
