// Release makes what goes along with Portico's packages: the notices of their parts,
// the list of the parts for machines (SBOM), the archive of scripts and policy
// templates, and the checksums. "make release" calls it; its output is the same for the
// same sources, down to the byte.
//
//	release notices -out FILE PROGRAM...   licences of everything in the programs
//	release sbom -out FILE PROGRAM...      the same as CycloneDX 1.6
//	release deployment -out FILE.zip [DIR] scripts, policy templates and guides, which
//	                                       name the SHA-256 of the packages in DIR
//	release checksums -out FILE DIR        SHA-256 of every file in a folder
//
// A program's parts are read from the program itself: the Go toolchain writes them down
// there.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"
)

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

// errUsage is a command line that is not understood.
var errUsage = errors.New("usage: release notices|sbom|deployment|checksums -out FILE [PROGRAM...|DIR]")

func run(args []string, progress io.Writer) int {
	err := do(args)
	switch {
	case errors.Is(err, errUsage):
		fmt.Fprintln(progress, err)
		return 2
	case err != nil:
		fmt.Fprintln(progress, "release:", err)
		return 1
	}
	return 0
}

func do(args []string) error {
	if len(args) == 0 {
		return errUsage
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	out := flags.String("out", "", "the `file` to write")
	if flags.Parse(args[1:]) != nil || *out == "" {
		return errUsage
	}
	rest := flags.Args()
	switch args[0] {
	case "notices":
		if len(rest) == 0 {
			return errUsage
		}
		return toFile(*out, func(w io.Writer) error { return writeNotices(w, rest) })
	case "sbom":
		if len(rest) == 0 {
			return errUsage
		}
		at, err := sourceDate()
		if err != nil {
			return err
		}
		return toFile(*out, func(w io.Writer) error { return writeSBOM(w, rest, at) })
	case "deployment":
		if len(rest) > 1 {
			return errUsage
		}
		at, err := sourceDate()
		if err != nil {
			return err
		}
		var packages hashes
		if len(rest) == 1 {
			if packages, err = packageHashes(rest[0]); err != nil {
				return err
			}
		}
		return toFile(*out, func(w io.Writer) error { return writeDeployment(w, os.DirFS("."), at, packages) })
	case "checksums":
		if len(rest) != 1 {
			return errUsage
		}
		sums, err := checksums(rest[0], *out)
		if err != nil {
			return err
		}
		return os.WriteFile(*out, sums, 0o644)
	}
	return errUsage
}

// toFile writes a file whole or not at all.
func toFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path + ".part")
	if err != nil {
		return err
	}
	err = errors.Join(write(f), f.Close())
	if err != nil {
		os.Remove(path + ".part")
		return err
	}
	return os.Rename(path+".part", path)
}

// sourceDate is SOURCE_DATE_EPOCH (reproducible-builds.org): the one time in the
// output.
func sourceDate() (time.Time, error) {
	seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH is %q; make release sets it to the time of the last commit", os.Getenv("SOURCE_DATE_EPOCH"))
	}
	return time.Unix(seconds, 0).UTC(), nil
}
