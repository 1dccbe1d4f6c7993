package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// hashes are the SHA-256 of a release's packages, by the ending of their names. Guides
// have a placeholder in command lines with one: "-Sha256 HASH" and `HASH` stand for the
// MSI's, "--sha256 SUM" for the one of the package in the same line.
type hashes map[string]string

// placeholder finds them. The text around each is kept.
var placeholder = regexp.MustCompile("(-Sha256 |`)HASH\\b|(--sha256 )SUM\\b")

// packageHashes reads the packages in a folder. The MSI has to be there, since Windows'
// guides are of no use without; a package of another system may be made elsewhere.
func packageHashes(dir string) (hashes, error) {
	found := hashes{}
	for _, ending := range []string{".msi", ".deb", ".rpm", ".pkg"} {
		paths, err := filepath.Glob(filepath.Join(dir, "portico*"+ending))
		if err != nil {
			return nil, err
		}
		switch {
		case len(paths) > 1:
			return nil, fmt.Errorf("%s has several packages that end in %s", dir, ending)
		case len(paths) == 0 && ending == ".msi":
			return nil, fmt.Errorf("%s has no portico-VERSION-x64.msi, whose SHA-256 the guides name", dir)
		case len(paths) == 0:
			continue
		}
		if found[ending], err = fileHash(paths[0]); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// fileHash is the SHA-256 of a file in hexadecimal.
func fileHash(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// fill puts the hashes into a guide. A placeholder stays if its package is not known.
func (h hashes) fill(guide string) string {
	if len(h) == 0 {
		return guide
	}
	var filled strings.Builder
	for line := range strings.Lines(guide) {
		filled.WriteString(placeholder.ReplaceAllStringFunc(line, func(found string) string {
			word := "HASH"
			ending := ".msi"
			if strings.HasSuffix(found, "SUM") {
				word, ending = "SUM", ""
				for _, other := range []string{".deb", ".rpm", ".pkg"} {
					if strings.Contains(line, other) {
						ending = other
						break
					}
				}
			}
			if h[ending] == "" {
				return found
			}
			return strings.TrimSuffix(found, word) + h[ending]
		}))
	}
	return filled.String()
}
