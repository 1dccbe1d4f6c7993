package desktop

import (
	"os"
	"path/filepath"
	"testing"
)

func TestProgramsFindEachOther(t *testing.T) {
	const app = "/Applications/Portico.app/Contents"
	const agent = app + "/Helpers/PorticoAgent.app/Contents/MacOS"
	for _, test := range []struct{ dir, name, want string }{
		{"/usr/bin", "portico-agent", "/usr/bin/portico-agent"},
		{"/usr/bin", "portico", "/usr/bin/portico"},
		{app + "/MacOS", "portico-agent", agent + "/portico-agent"},
		{app + "/MacOS", "porticoctl", app + "/MacOS/porticoctl"},
		{agent, "portico", app + "/MacOS/portico"},
		{agent, "porticoctl", app + "/MacOS/porticoctl"},
		{agent, "portico-agent", agent + "/portico-agent"},
	} {
		if got := filepath.ToSlash(neighbour(filepath.FromSlash(test.dir), test.name)); got != test.want {
			t.Errorf("%s, seen from %s, is %s, want %s", test.name, test.dir, got, test.want)
		}
	}
}

func TestNeighbourIsBesideThisProgram(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if self, err = filepath.EvalSymlinks(self); err != nil {
		t.Fatal(err)
	}
	got, err := Neighbour("portico")
	if err != nil || filepath.Dir(got) != filepath.Dir(self) {
		t.Errorf("beside %s it looks at %s, %v", self, got, err)
	}
}
