package ui

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/ui/kit"
)

// memory is for the window's next start. It is a file of the window's own, because Fyne's
// preferences cannot be moved with the other files of Portico, nor removed with them. It
// holds nothing about a person, and losing it costs nothing: failures to read or write it
// are not reported.
type memory struct {
	Width  float32 `json:"width,omitempty"`
	Height float32 `json:"height,omitempty"`
	// Look is the last one in force.
	Look kit.Appearance `json:"look,omitempty"`
	// Accent is the portal's, so that the first frame has it already.
	Accent string `json:"accent,omitempty"`
}

func readMemory(file string) memory {
	var m memory
	if data, err := os.ReadFile(file); err == nil && json.Unmarshal(data, &m) != nil {
		m = memory{}
	}
	if m.Look != kit.AlwaysLight && m.Look != kit.AlwaysDark {
		m.Look = kit.FollowSystem
	}
	return m
}

// size is the size for the window to open with.
func (m memory) size() fyne.Size {
	if m.Width < leastWidth || m.Height < leastHeight || m.Width > 10000 || m.Height > 10000 {
		return fyne.NewSize(firstWidth, firstHeight)
	}
	return fyne.NewSize(m.Width, m.Height)
}

// keep writes the memory; "" as the file keeps nothing.
func (m *memory) keep(file string, size fyne.Size) {
	if size.Width >= leastWidth && size.Height >= leastHeight {
		m.Width, m.Height = size.Width, size.Height
	}
	if file == "" {
		return
	}
	data, err := json.Marshal(m)
	if err != nil || os.MkdirAll(filepath.Dir(file), 0o700) != nil {
		return
	}
	part, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return
	}
	_, err = part.Write(data)
	if errors.Join(err, part.Close()) != nil || os.Rename(part.Name(), file) != nil {
		_ = os.Remove(part.Name())
	}
}
