package ui

import "fyne.io/fyne/v2"

// waitingFor says what is awaited, over bones.
func waitingFor(what, long string) fyne.CanvasObject {
	return column(2, newLabel(what, sizeText, roleText).wrapped(), small(long))
}

const boneHeight = 40

// bones is the outline of a list that is not there yet.
func bones(lines int) fyne.CanvasObject {
	bone := func(width, height, radius float32) fyne.CanvasObject {
		return fixed(width, height, newPanel(roleLine, roleNone, radius))
	}
	widths := []float32{120, 180, 150, 96, 210, 140, 170, 110}
	var rows []fyne.CanvasObject
	for i := range lines {
		if i > 0 {
			rows = append(rows, inset(0, 12, 0, 12, newRule(roleLine, 0, 1)))
		}
		rows = append(rows, fixed(0, boneHeight, inset(0, 12, 0, 12,
			row(12, -1, bone(18, 18, 9), bone(widths[i%len(widths)], 12, 6)))))
	}
	return layers(newPanel(roleCard, roleLine, radiusCard), inset(4, 4, 4, 4, column(0, rows...)))
}
