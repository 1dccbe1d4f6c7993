package localapi_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
)

// A bundle that was looked at is the one that is written: the same one makes the same
// bytes, and they hold what was shown.
func TestZipIsWhatTheBundleShows(t *testing.T) {
	b := localapi.Bundle{Time: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), Files: []localapi.BundleFile{
		{Name: "README.txt", Text: "Sehen Sie die Dateien durch.\n"}, {Name: "doctor.json", Text: "{}\n"},
	}}
	var first, second bytes.Buffer
	for _, w := range []io.Writer{&first, &second} {
		if err := b.Zip(w); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same bundle gives other bytes")
	}
	r, err := zip.NewReader(bytes.NewReader(first.Bytes()), int64(first.Len()))
	if err != nil || len(r.File) != len(b.Files) {
		t.Fatalf("%v, %v", r, err)
	}
	for i, entry := range r.File {
		f, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(f)
		if err != nil || entry.Name != b.Files[i].Name || string(text) != b.Files[i].Text || !entry.Modified.Equal(b.Time) {
			t.Errorf("%s of %v: %q, %v", entry.Name, entry.Modified, text, err)
		}
	}
}

type full struct{ left int }

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errors.New("no space left")
	}
	return len(p), nil
}

func TestZipTellsThatItCouldNotBeWritten(t *testing.T) {
	b := localapi.Bundle{Files: []localapi.BundleFile{{Name: "a", Text: "text"}}}
	if err := b.Zip(&full{left: 20}); err == nil {
		t.Error("no error")
	}
}
