package localapi_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/Microsoft/go-winio"

	"github.com/portico-desktop/portico/app/localapi"
)

// Any user may make a pipe of any name, before the agent does.
func TestNobodyTakesTheAgentsPipe(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	former, guessable, err := localapi.AgentPipe(dir)
	if err != nil || !guessable {
		t.Fatal(former, guessable, err)
	}
	squatter, err := winio.ListenPipe(former, &winio.PipeConfig{SecurityDescriptor: "D:P(A;;GA;;;WD)"})
	if err != nil {
		t.Fatal(err)
	}
	defer squatter.Close()
	var names []string
	for range 2 {
		l, err := localapi.Listen(dir)
		if err != nil {
			t.Fatal(err)
		}
		stop := run(t, l, newAgent(), localapi.Info{})
		name, guessable, err := localapi.AgentPipe(dir)
		if err != nil || guessable || name == former {
			t.Fatal(name, guessable, err)
		}
		names = append(names, name)
		client, err := localapi.Dial(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Handshake(t.Context()); err != nil {
			t.Error(err)
		}
		if err := client.Close(); err != nil {
			t.Fatal(err)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
	}
	if names[0] == names[1] {
		t.Errorf("the name is the same again: %s", names[0])
	}
}

// Whatever stands in the file, only a pipe of this computer and session is opened.
func TestPipesOfOtherComputersAreNotOpened(t *testing.T) {
	dir := t.TempDir()
	own := localapi.PipePrefix()
	for _, name := range []string{
		"", `\\evil.example\pipe\portico-` + strings.Repeat("A", 26), own, own + `..\..\x`, own + strings.Repeat("A", 25), own + strings.Repeat("A", 26) + "\n", "portico",
	} {
		if err := os.WriteFile(localapi.NameFile(dir), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := localapi.Dial(t.Context(), dir); !errors.Is(err, localapi.ErrNoAgent) {
			t.Errorf("%q: %v", name, err)
		}
	}
}
