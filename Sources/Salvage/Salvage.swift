// Module Salvage.
