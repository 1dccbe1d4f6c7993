package ui

import (
	"fyne.io/fyne/v2"
)

// starting is what is seen until the agent has spoken: Home's outline, so that
// nothing jumps when the content comes.
type starting struct{ root fyne.CanvasObject }

func newStarting(*window) *starting {
	bone := func(width, height, radius float32) fyne.CanvasObject {
		return fixed(width, height, newPanel(roleLine, roleNone, radius))
	}
	left := func(o fyne.CanvasObject) fyne.CanvasObject { return row(0, -1, o) }
	nav := func(width float32) fyne.CanvasObject {
		return inset(8, 10, 8, 10, row(10, -1, bone(20, 20, 6), bone(width, 12, 6)))
	}
	rail := layers(
		newRule(roleRail, railWidth, 0),
		inset(16, 12, 16, 12, column(4,
			inset(4, 8, 16, 8, row(10, -1, bone(28, 28, 8), bone(96, 14, 7))),
			nav(56), nav(48))))
	block := func(height float32) fyne.CanvasObject {
		return fixed(0, height, newPanel(roleRail, roleLine, radiusCard))
	}
	var cards, tiles []fyne.CanvasObject
	for range 3 {
		cards = append(cards, block(74))
	}
	for range 6 {
		tiles = append(tiles, block(90))
	}
	page := inset(20, 28, 20, 28, column(16,
		row(16, 0, fixed(0, 36, newPanel(roleRail, roleLine, radiusControl)), bone(36, 36, 18)),
		left(fixed(240, 32, middleRows(bone(240, 20, 10)))),
		grid(190, 14, 3, cards...),
		left(bone(72, 12, 6)),
		grid(tileWidth, 12, 0, tiles...)))
	return &starting{root: shellFrame(rail, page)}
}

func (s *starting) object() fyne.CanvasObject { return s.root }
func (s *starting) update()                   {}
func (s *starting) back() bool                { return false }
func (s *starting) focus() fyne.Focusable     { return nil }
func (s *starting) close()                    {}
