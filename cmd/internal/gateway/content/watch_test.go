package content

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestABurstOfChangesIsOneReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		rings, readings, ended := make(chan struct{}, 1), 0, make(chan struct{})
		go func() {
			gather(ctx, rings, func() { readings++ })
			close(ended)
		}()
		burst := func(changes int) {
			for range changes {
				rings <- struct{}{}
				time.Sleep(quiet / 2)
			}
			time.Sleep(quiet)
			synctest.Wait()
		}
		if burst(10); readings != 1 {
			t.Errorf("%d readings after ten changes", readings)
		}
		if burst(1); readings != 2 {
			t.Errorf("%d readings after another", readings)
		}
		// Changes without a pause are read all the same, a few times.
		if burst(100); readings < 5 || readings > 9 {
			t.Errorf("%d readings after changes for ten seconds", readings)
		}
		cancel()
		<-ended
	})
}

func TestChangesOfTheFolderAreRead(t *testing.T) {
	changed := make(chan *Snapshot, 100)
	c := open(t, Params{Changed: func(s *Snapshot) { changed <- s }}, nil)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Watch(ctx) }()
	wait := func(what string, done func(*Snapshot) bool) {
		t.Helper()
		for end := time.After(30 * time.Second); ; {
			select {
			case s := <-changed:
				if done(s) {
					return
				}
			case <-end:
				t.Fatalf("%s is not read", what)
			}
		}
	}
	// A folder that was not there when the watch began.
	put(t, c.folder, map[string]string{"menus/1.json": goodMenus})
	wait("a new folder", func(s *Snapshot) bool { return len(menuIDs(s, ada)) == 2 })
	// As editors save.
	put(t, c.folder, map[string]string{"menus/.1.json.tmp": `[{"id":"a","title":"A","url":"https://a.example"}]`})
	if err := os.Rename(filepath.Join(c.folder, "menus/.1.json.tmp"), filepath.Join(c.folder, "menus/1.json")); err != nil {
		t.Fatal(err)
	}
	wait("a renamed file", func(s *Snapshot) bool { return slices.Equal(menuIDs(s, ada), []string{"a A"}) })
	for i := range 50 {
		put(t, c.folder, map[string]string{fmt.Sprintf("organizations/contoso/menus/%d.json", i): fmt.Sprintf(`[{"id":"b%d","title":"B","url":"https://a.example"}]`, i)})
	}
	wait("each of many files", func(s *Snapshot) bool { return len(menuIDs(s, ada)) == 51 })
	if err := os.RemoveAll(filepath.Join(c.folder, "organizations")); err != nil {
		t.Fatal(err)
	}
	wait("a removed folder", func(s *Snapshot) bool { return len(menuIDs(s, ada)) == 1 })
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
