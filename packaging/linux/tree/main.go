// Tree writes the files of the Linux packages that are made rather than written: the
// manual pages from the programs' own help and the policy table, the completions, the
// icons, and the two files with a version and a date in them. So none of them can go
// stale.
//
//	go run ./packaging/linux/tree -version 1.2.3 -bin DIR -out DIR
//
// -bin holds the three programs, and they have to run on this computer. -out gets the
// tree below "/", and changelog.yaml and libc beside it, for nfpm. The date is
// SOURCE_DATE_EPOCH's.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// appID names the desktop entry, the icons and the metadata (FyneApp.toml).
const appID = "io.github.portico_desktop.Portico"

// build is one run of this tool.
type build struct {
	version  string
	date     time.Time
	programs string // the folder of the programs
	assets   string // the folder of this repository's assets
	written  string // the folder of the files that people write: packaging/linux/files
	out      string
}

func main() {
	var b build
	flag.StringVar(&b.version, "version", "", "the packages' `version`")
	flag.StringVar(&b.programs, "bin", "", "the `folder` of the programs")
	flag.StringVar(&b.out, "out", "", "the `folder` to write to")
	repository := flag.String("repository", ".", "this repository's `folder`")
	flag.Parse()
	b.assets = filepath.Join(*repository, "assets")
	b.written = filepath.Join(*repository, "packaging", "linux", "files")
	if flag.NArg() > 0 || b.version == "" || b.programs == "" || b.out == "" {
		flag.Usage()
		os.Exit(2)
	}
	if err := b.run(); err != nil {
		fmt.Fprintln(os.Stderr, "tree:", err)
		os.Exit(1)
	}
}

func (b *build) run() error {
	epoch, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil {
		return fmt.Errorf("SOURCE_DATE_EPOCH has to be the date in seconds since 1970: %w", err)
	}
	b.date = time.Unix(epoch, 0).UTC()
	for _, step := range []func() error{b.manuals, b.completions, b.icons, b.metadata, b.changelog, b.libc} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// write makes a file below -out, and its folders.
func (b *build) write(name string, content []byte) error {
	name = filepath.Join(b.out, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, content, 0o644)
}
