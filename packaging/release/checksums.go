package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// checksums lists the SHA-256 of every file of a folder, as "sha256sum --check"
// reads it. The file that the list goes to is left out.
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
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		sum := sha256.New()
		_, err = io.Copy(sum, f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		fmt.Fprintf(&list, "%x  %s\n", sum.Sum(nil), e.Name())
	}
	if list.Len() == 0 {
		return nil, fmt.Errorf("%s has no files", dir)
	}
	return list.Bytes(), nil
}
