package drawing

import "github.com/portico-desktop/portico/app/picture"

// Check returns the picture as it may be shown: a PNG picture as it came, a drawing written
// anew from its allowed parts. It finds out how much work a drawing is without doing it; only a
// [picture.Examiner] bounds time and memory. A picture from Check passes it again unchanged.
//
// Errors: *[picture.Refused].
func Check(raw []byte) (checked []byte, err error) {
	if len(raw) > picture.MaxBytes {
		return nil, picture.TooLarge()
	}
	if picture.IsPNG(raw) {
		if err := picture.CheckPNG(raw); err != nil {
			return nil, err
		}
		return raw, nil
	}
	checked, err = rewritten(raw)
	if err != nil {
		return nil, err
	}
	d, err := Read(checked)
	if err != nil {
		return nil, picture.Refuse("cannot be drawn: %v", err)
	}
	if err := d.checkWork(); err != nil {
		return nil, err
	}
	return checked, nil
}
