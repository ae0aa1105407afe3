export { writeSafetensors, type TensorsToWrite } from '../write-safetensors.js';
