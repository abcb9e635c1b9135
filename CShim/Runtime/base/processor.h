// The folder of the processor that the library is built for: flags.txt selects it, in one line. What it must
// define is in docs/how-to/port-to-a-processor.md. A file in it is of the room that its own folder names.
#ifndef SLV_PROCESSOR_H
#define SLV_PROCESSOR_H

#if !defined(SLV_PROCESSOR)
#error "flags.txt selects no folder of processors/ for this processor"
#endif

// #include SLV_PROCESSOR_FILE(room, file): a blank in the text would be one of the path.
// clang-format off
#define SLV_FILE_TEXT(path) #path
#define SLV_FILE_OF(name, room, file) SLV_FILE_TEXT(processors/name/room/file)
// clang-format on
#define SLV_PROCESSOR_FILE(room, file) SLV_FILE_OF(SLV_PROCESSOR, room, file)

#endif
