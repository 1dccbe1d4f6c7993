package desktop

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What may be written to, what holds pages of its own and what is of another file stays
// as it is: there is no other copy. Code stays, since a first answer without it is slow.
func TestOnlyWhatTheFileHasIsReleased(t *testing.T) {
	const smaps = `00400000-00a49000 r-xp 00000000 fe:00 10684306                           /opt/the programs/portico-agent
Size:               6436 kB
Rss:                6308 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me
00a49000-01121000 r--p 00649000 fe:00 10684306                           /opt/the programs/portico-agent
Rss:                6560 kB
Anonymous:             0 kB
01121000-011aa000 rw-p 00d21000 fe:00 10684306                           /opt/the programs/portico-agent
Anonymous:             0 kB
011aa000-011ab000 r--p 00daa000 fe:00 10684306                           /opt/the programs/portico-agent
Anonymous:             4 kB
011ab000-031ee000 rw-p 00000000 00:00 0
Anonymous:             0 kB
7f0000000000-7f0000001000 r--p 00000000 fe:00 10684307                   /opt/the programs/another
Anonymous:             0 kB
7f0000001000-7f0000002000 r--p 00000000 00:00 0                          [vvar]
Anonymous:             0 kB
`
	got, err := cleanMappings(strings.NewReader(smaps), "/opt/the programs/portico-agent")
	want := []mapping{{0xa49000, 0x1121000}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(mapping{})); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

// The real memory of this process, which goes on running all the same.
func TestProgramIsReleasedAndGoesOn(t *testing.T) {
	if isRemote("/proc/self/exe") {
		t.Skip("this test's program lies in a file system that it is not released from")
	}
	kept := os.Args[0] // in memory that may be written to
	before := residentProgram(t)
	if err := ReleaseProgram(); err != nil {
		t.Fatal(err)
	}
	after := residentProgram(t)
	t.Logf("%d KiB of the program's constants were resident, and then %d", before, after)
	if after > before/2 {
		t.Errorf("%d KiB of the program's constants were resident, and then %d", before, after)
	}
	if os.Args[0] != kept {
		t.Error("what the process has written is gone")
	}
}

// residentProgram is how much this process holds of the constants of its program's
// file, in KiB.
func residentProgram(t *testing.T) (kib int) {
	t.Helper()
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	ours := false
	for line := range strings.Lines(string(smaps)) {
		f := strings.Fields(line)
		switch {
		case !strings.HasSuffix(f[0], ":"):
			ours = len(f) > 5 && f[5] == program && f[1] == "r--p"
		case ours && f[0] == "Rss:":
			n, err := strconv.Atoi(f[1])
			if err != nil {
				t.Fatal(err)
			}
			kib += n
		}
	}
	return kib
}
