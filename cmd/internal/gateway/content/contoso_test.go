package content_test

import (
	"log/slog"
	"testing"

	"github.com/portico-desktop/portico/cmd/internal/demoportal"
	"github.com/portico-desktop/portico/cmd/internal/demoportal/contoso"
	"github.com/portico-desktop/portico/cmd/internal/gateway/audience"
	"github.com/portico-desktop/portico/cmd/internal/gateway/content"
)

// The demo's folder is the largest one that there is.
func TestTheDemosFolderHasNoProblems(t *testing.T) {
	folder := t.TempDir()
	if err := contoso.Write(folder, "https://portal.contoso.example/api", demoportal.Provider{ID: "demo", Authority: "https://login.contoso.example", ClientID: "portico"}); err != nil {
		t.Fatal(err)
	}
	c, err := content.Params{Folder: folder, Log: slog.New(slog.DiscardHandler)}.Open()
	if err != nil {
		t.Fatal(err)
	}
	s := c.Current()
	for _, p := range s.Problems() {
		t.Error(p)
	}
	ada := audience.Person{ID: "p1", Address: "ada@contoso.example", Organization: "contoso"}
	if forms, _ := s.Forms(ada); len(forms) < 5 {
		t.Errorf("%d forms", len(forms))
	}
	if rooms, err := s.Options(ada, "meeting-room", "room", "", map[string]any{"site": "berlin"}); err != nil || len(rooms) == 0 {
		t.Errorf("rooms: %v, %v", rooms, err)
	}
	if found := s.Articles(ada, "printer paper"); len(found) == 0 {
		t.Error("no article about printers")
	}
}
