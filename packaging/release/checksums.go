package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// checksums lists the SHA-256 of every file of a folder, as "sha256sum --check" reads
// it. The list's own file is left out.
func checksums(dir, out string) ([]byte, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var list bytes.Buffer
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if e.IsDir() || filepath.Clean(out) == path {
			continue
		}
		sum, err := fileHash(path)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&list, "%s  %s\n", sum, e.Name())
	}
	if list.Len() == 0 {
		return nil, fmt.Errorf("%s has no files", dir)
	}
	return list.Bytes(), nil
}
