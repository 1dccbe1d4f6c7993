package ui

import (
	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/ui/kit"
)

// starting is shown until the agent has spoken: Home's outline, so that nothing jumps
// when the content comes.
type starting struct{ root fyne.CanvasObject }

func newStarting(*window) *starting {
	bone := func(width, height, radius float32) fyne.CanvasObject {
		return kit.Fixed(width, height, kit.NewPanel(kit.RoleLine, kit.RoleNone, radius))
	}
	left := func(o fyne.CanvasObject) fyne.CanvasObject { return kit.Row(0, -1, o) }
	nav := func(width float32) fyne.CanvasObject {
		return kit.Inset(8, 10, 8, 10, kit.Row(10, -1, bone(20, 20, 6), bone(width, 12, 6)))
	}
	rail := kit.Layers(
		kit.NewRule(kit.RoleRail, railWidth, 0),
		kit.Inset(16, 12, 16, 12, kit.Column(4,
			kit.Inset(4, 8, 16, 8, kit.Row(10, -1, bone(28, 28, 8), bone(96, 14, 7))),
			nav(56), nav(48))))
	block := func(height float32) fyne.CanvasObject {
		return kit.Fixed(0, height, kit.NewPanel(kit.RoleRail, kit.RoleLine, kit.RadiusCard))
	}
	var cards, tiles []fyne.CanvasObject
	for range 3 {
		cards = append(cards, block(74))
	}
	for range 6 {
		tiles = append(tiles, block(90))
	}
	page := kit.Inset(20, 28, 20, 28, kit.Column(16,
		kit.Row(16, 0, kit.Fixed(0, 36, kit.NewPanel(kit.RoleRail, kit.RoleLine, kit.RadiusControl)), bone(36, 36, 18)),
		left(kit.Fixed(240, 32, kit.MiddleRows(bone(240, 20, 10)))),
		kit.Grid(190, 14, 3, cards...),
		left(bone(72, 12, 6)),
		kit.Grid(kit.TileWidth, 12, 0, tiles...)))
	return &starting{root: shellFrame(rail, page)}
}

func (s *starting) object() fyne.CanvasObject { return s.root }
func (s *starting) update()                   {}
func (s *starting) back() bool                { return false }
func (s *starting) focus() fyne.Focusable     { return nil }
func (s *starting) close()                    {}
