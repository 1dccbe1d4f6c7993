package kit

import "fyne.io/fyne/v2"

// WaitingFor names the thing awaited, over bones.
func WaitingFor(what, long string) fyne.CanvasObject {
	return Column(2, NewLabel(what, SizeText, RoleText).Wrapped(), Small(long))
}

const boneHeight = 40

// Bones is the outline of a list that is not there yet.
func Bones(lines int) fyne.CanvasObject {
	bone := func(width, height, radius float32) fyne.CanvasObject {
		return Fixed(width, height, NewPanel(RoleLine, RoleNone, radius))
	}
	widths := []float32{120, 180, 150, 96, 210, 140, 170, 110}
	var rows []fyne.CanvasObject
	for i := range lines {
		if i > 0 {
			rows = append(rows, Inset(0, 12, 0, 12, NewRule(RoleLine, 0, 1)))
		}
		rows = append(rows, Fixed(0, boneHeight, Inset(0, 12, 0, 12,
			Row(12, -1, bone(18, 18, 9), bone(widths[i%len(widths)], 12, 6)))))
	}
	return Layers(NewPanel(RoleCard, RoleLine, RadiusCard), Inset(4, 4, 4, 4, Column(0, rows...)))
}
