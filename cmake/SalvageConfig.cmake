# For find_package(Salvage): lies in PREFIX/lib/cmake/Salvage.
include("${CMAKE_CURRENT_LIST_DIR}/Salvage.cmake")
set(Salvage_FOUND TRUE)
if(NOT Salvage_EXECUTABLE)
  set(Salvage_FOUND FALSE)
  set(Salvage_NOT_FOUND_MESSAGE "the command salvage was not found")
endif()
