package desktop

// NoFollow is nothing here: on Windows only administrators make symbolic links.
const NoFollow = 0
